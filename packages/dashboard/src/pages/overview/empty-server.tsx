/** A server without a session: how to record the first one, which opens by itself when it arrives. */
import { useEffect, useState } from 'preact/hooks';
import { go, href, root } from '../../address.ts';
import { apiUrl } from '../../api.ts';
import { listen } from '../../live.ts';
import { CopyButton } from '../../parts/copy.tsx';
import { Rest } from './rest.tsx';

/** One way to record something. */
interface Way {
  name: string;
  first: string;
  /** What comes then. */
  next: string;
  later: string;
}

/** The page. */
export function EmptyServer() {
  const [chosen, setChosen] = useState(0);
  const all = ways();
  const way = all[chosen] as Way;
  useEffect(() => {
    document.title = 'Waiting for the first session · Tacho';
    return listen(
      '/api/live',
      { kind: 'start' },
      {
        onEntries: ([first]) => {
          if (first !== undefined) go(href(`sessions/${first.session.slice(0, 8)}`));
        },
      },
    );
  }, []);
  return (
    <div class="ov-first">
      <h1>
        <b>Nothing recorded yet.</b> Paste this into a terminal, and the first session appears here.
      </h1>
      <section class="ov-how" aria-label="How to record the first session">
        <div class="ov-how-tools">
          <div role="tablist" aria-label="Ways" onKeyDown={(event) => turn(event, all.length)}>
            {all.map(({ name }, i) => (
              <button
                key={name}
                type="button"
                role="tab"
                id={`ov-way-${i}`}
                aria-selected={i === chosen}
                aria-controls="ov-code"
                tabIndex={i === chosen ? 0 : -1}
                onClick={() => setChosen(i)}
                onFocus={() => setChosen(i)}
              >
                {name}
              </button>
            ))}
          </div>
          <CopyButton text={way.first} label="Copy the code" class="btn btn-primary">
            Copy
          </CopyButton>
        </div>
        <div role="tabpanel" id="ov-code" aria-labelledby={`ov-way-${chosen}`}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
          <pre tabIndex={0}>{way.first}</pre>
          <p class="ov-then">{way.next}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
          <pre class="ov-later" tabIndex={0}>
            {way.later}
          </pre>
        </div>
      </section>
      <Rest />
      <nav class="ov-next" aria-label="Other ways to begin">
        <div>
          <b>See it with data first</b>
          <code>tacho demo</code> fills a believable week
        </div>
        <div>
          <b>Watch any program</b>
          <code>tacho run -- ./app</code> needs no change in its code
        </div>
        <a href={`${root.pathname}docs`}>
          <b>Every request by example</b>
          The API of this server, readable offline
        </a>
      </nav>
    </div>
  );
}

/** What programs in TypeScript install. */
const clientPackage = '@tacho/client';

function ways(): Way[] {
  const server = root.href.replace(/\/$/, '');
  const json = `-H 'Content-Type: application/json'`;
  return [
    {
      name: 'curl',
      first: `curl -X POST ${apiUrl('/api/sessions')} \\\n  ${json} \\\n  -d '{"product": "hello", "version": "0.1"}'`,
      next: 'Then, with the first 8 characters of the id it answers',
      later: `curl -X POST ${apiUrl('/api/sessions')}/550e8400/metrics \\\n  ${json} \\\n  -d '{"name": "memory_mb", "value": 512.5, "tags": ["backend"]}'`,
    },
    {
      name: 'tacho run',
      first: `export TACHO_SERVER=${server}\ntacho run -- ./your-program --with its --arguments`,
      next: 'Any program, unchanged: exit status, signal, memory, CPU, its last lines. Then',
      later: 'tacho ls',
    },
    {
      name: 'Python',
      first: `import tacho\n\nsession = tacho.connect("hello", "0.1", server="${server}")`,
      next: 'Then, wherever you like',
      later: 'session.log_metric("memory_mb", 512.5, tags=["backend"])',
    },
    {
      name: 'TypeScript',
      first: `import { connect } from '${clientPackage}';\n\nconst session = connect({ product: 'hello', version: '0.1', server: '${server}' });`,
      next: 'Then, wherever you like',
      later: `session.logMetric('memory_mb', 512.5, ['backend']);`,
    },
  ];
}

/** Arrow keys go from tab to tab, as people who hear pages are used to. */
function turn(event: KeyboardEvent, length: number): void {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const tabs = (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[role=tab]');
  const at = [...tabs].indexOf(document.activeElement as HTMLElement);
  tabs[(at + step + length) % length]?.focus();
}
