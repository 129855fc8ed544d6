/** Settings: how the dashboard looks, how the server is doing, what it keeps, who may ask it. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { useAnswer } from '../../answer.ts';
import { bytes, count, counted } from '../../format/number.ts';
import { duration } from '../../format/time.ts';
import { Glyph } from '../../parts/glyph.tsx';
import { Loaded } from '../../parts/waiting.tsx';
import { markReady } from '../../ready.ts';
import { Appearance } from './appearance.tsx';
import { Disk, Products } from './disk.tsx';
import { Entries } from './entries.tsx';
import { Tokens } from './tokens.tsx';
import { Webhooks } from './webhooks.tsx';
import './page.css';

/** How often figures are asked for again. */
const refreshMs = 10_000;

/** The page. */
export function SettingsPage() {
  const storage = useAnswer('storage', {}, { refreshMs });
  const health = useAnswer('health', {}, { refreshMs });
  useEffect(() => {
    document.title = 'Settings · Tacho';
  }, []);
  useEffect(() => {
    if (storage.value !== undefined || storage.error !== undefined) markReady('settings');
  }, [storage.value, storage.error]);
  return (
    <div class="settings">
      <h1>Settings</h1>
      <div class="settings-grid">
        <div class="settings-column">
          <section class="panel" aria-labelledby="server-title">
            <header>
              <h2 id="server-title">Server</h2>
            </header>
            <Loaded answer={health}>
              {({ status, version, uptime_seconds, store }) => (
                <dl class="facts">
                  <Fact name="Health">
                    <span class="settings-health">
                      <Glyph name={status === 'healthy' ? 'clean' : 'crashed'} size={14} />
                      {status === 'healthy'
                        ? 'Healthy, takes writes'
                        : (store.problem ?? 'Refuses writes')}
                    </span>
                  </Fact>
                  <Fact name="Version">
                    {version} <span class="t3">· up for {duration(uptime_seconds * 1_000)}</span>
                  </Fact>
                  <Fact name="Waiting to be written">
                    {count(store.queuedEntries ?? 0)} entries, {bytes(store.queuedBytes ?? 0)}
                  </Fact>
                  <Fact name="Damaged pieces set aside">
                    {count(store.quarantined ?? 0)}
                    {(store.quarantined ?? 0) > 0 && (
                      <span class="t3"> · tacho doctor says which</span>
                    )}
                  </Fact>
                </dl>
              )}
            </Loaded>
          </section>
          <Appearance />
        </div>
        <div class="settings-column">
          <section class="panel" aria-labelledby="retention-title">
            <header>
              <h2 id="retention-title">Retention</h2>
            </header>
            <Loaded answer={storage}>
              {({ retention }) => (
                <>
                  <dl class="facts">
                    <Fact name="Sessions are kept for">{days(retention.days)}</Fact>
                    <Fact name="Looked after every">{duration(retention.expire_interval_ms)}</Fact>
                    <Fact name="Suspended after">
                      {duration(retention.suspended_after_ms)} of silence
                    </Fact>
                    <Fact name="Lost after">{duration(retention.lost_after_ms)} of silence</Fact>
                  </dl>
                  <p class="panel-note">
                    Counted from their last activity; sessions that run are never deleted. Set with{' '}
                    <code>--retention-days</code> when the server starts.
                  </p>
                </>
              )}
            </Loaded>
          </section>
          <section class="panel" aria-labelledby="entries-title">
            <header>
              <h2 id="entries-title">Entries</h2>
              <span class="t3 small">since the server started</span>
            </header>
            <Loaded answer={storage}>{({ counters }) => <Entries counters={counters} />}</Loaded>
          </section>
        </div>
        <section class="panel wide" aria-labelledby="disk-title">
          <header>
            <h2 id="disk-title">Disk</h2>
          </header>
          <Loaded answer={storage}>
            {(value) => (
              <>
                <Disk disk={value.disk} />
                <Products storage={value} />
              </>
            )}
          </Loaded>
        </section>
        <Webhooks />
        <Tokens />
      </div>
    </div>
  );
}

/** A fact of a list: its name and what it is. */
function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function days(n: number): string {
  if (n >= 36_500) return 'ever';
  return counted(n, 'day');
}
