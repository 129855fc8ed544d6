/** Webhooks: who is told of what happens; made, tried and deleted, and the log of their messages. */
import { useState } from 'preact/hooks';
import { useAnswer } from '../../answer.ts';
import { type Answer, type ApiError, send } from '../../api.ts';
import { Time } from '../../parts/time.tsx';
import { Failure, Loaded } from '../../parts/waiting.tsx';
import { MakeForm, Secret, TakeAway, Ticks } from './making.tsx';

type Webhook = Answer<'listWebhooks'>['webhooks'][number];

const triggers = [
  ['crash', ''],
  ['hang', ''],
  ['exception', 'new ones'],
  ['regression', 'of a version'],
  ['metric', 'beyond a bound'],
] as const;

/** Name, label, example; the last four are asked for when a metric is told of. */
const texts = [
  ['name', 'Name', 'What it is for'],
  ['url', 'Address', 'https://example.org/hook'],
  ['metric', 'Metric', 'frame_time_ms'],
  ['fn', 'Function', 'p95'],
  ['above', 'Above', '50'],
  ['window', 'Window', '5m'],
] as const;

/** How often the log is asked for again. */
const refreshMs = 3_000;

/** The list, the log of one, and a form for another one; nothing for whom it is not. */
export function Webhooks() {
  const hooks = useAnswer('listWebhooks', {});
  const [secret, setSecret] = useState('');
  const [logged, setLogged] = useState('');
  const [error, setError] = useState<ApiError>();
  if (hooks.error?.status === 403) return null;
  const change = async (method: 'POST' | 'DELETE', path: string): Promise<void> => {
    try {
      await send(method, `/api/webhooks/${path}`);
      setError(undefined);
    } catch (reason) {
      setError(reason as ApiError);
    }
    hooks.retry();
  };
  return (
    <section class="panel wide" aria-labelledby="webhooks-title">
      <header>
        <h2 id="webhooks-title">Webhooks</h2>
        <span class="t3 small">other servers and chats are told, within about a second</span>
      </header>
      {error !== undefined && <Failure answer={{ error, retry: hooks.retry }} />}
      <Loaded answer={hooks} rows={2}>
        {({ webhooks }) =>
          webhooks[0] && (
            <div class="table-scroll">
              <table class="tokens">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Tells of</th>
                    <th scope="col">Address</th>
                    <th scope="col">
                      <span class="vh">Ways to try, look and delete</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {webhooks.map((hook) => (
                    <tr key={hook.id}>
                      <th scope="row">{hook.name}</th>
                      <td>{toldOf(hook)}</td>
                      <td class="address">{hook.url}</td>
                      <td class="num">
                        <span class="confirm">
                          <button
                            type="button"
                            class="btn btn-s"
                            aria-label={`Test ${hook.name}`}
                            onClick={async () => {
                              await change('POST', `${hook.id}/test`);
                              setLogged(hook.id);
                            }}
                          >
                            Test
                          </button>
                          <button
                            type="button"
                            class="btn btn-s"
                            aria-label={`Log of ${hook.name}`}
                            aria-expanded={logged === hook.id}
                            onClick={() => setLogged(logged === hook.id ? '' : hook.id)}
                          >
                            Log
                          </button>
                          <TakeAway
                            verb="Delete"
                            name={hook.name}
                            onYes={() => {
                              setLogged('');
                              change('DELETE', hook.id);
                            }}
                          />
                        </span>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
      {logged !== '' && <Log key={logged} id={logged} />}
      <MakeForm
        label="Make a webhook"
        make={async (fields) => {
          const { name, url, format, metric, fn, above, window } = Object.fromEntries(fields);
          const on = fields.getAll('on');
          const made = (await send('POST', '/api/webhooks', {
            ...{ name, url, format, on },
            ...(on.includes('metric') && {
              metric: { name: metric, fn, above: Number.parseFloat(String(above)), window },
            }),
          })) as { secret: string };
          setSecret(made.secret);
          hooks.retry();
        }}
      >
        {texts.slice(0, 2).map(fieldOf)}
        <label>
          <span>Format</span>
          <select name="format">
            <option value="json">JSON</option>
            <option value="slack">Slack</option>
          </select>
        </label>
        <Ticks name="on" legend="Tells of" ticks={triggers} ticked="crash" />
        <div class="of-metric">{texts.slice(2).map(fieldOf)}</div>
      </MakeForm>
      {secret !== '' && <Secret key={secret} of="webhook" secret={secret} />}
    </section>
  );
}

function fieldOf([name, label, placeholder]: (typeof texts)[number]) {
  return (
    <label key={name}>
      <span>{label}</span>
      <input name={name} placeholder={placeholder} autocomplete="off" />
    </label>
  );
}

function toldOf({ on, products, metric, enabled, breached }: Webhook): string {
  const what = on.map((one) => (one === 'metric' ? `${metric?.fn} of ${metric?.name}` : one));
  const notes = [
    ...products,
    ...(enabled ? [] : ['off']),
    ...(breached ? ['beyond its bound'] : []),
  ];
  return [what.join(', '), ...notes].join(' · ');
}

/** The last messages of a webhook, a test among them. */
function Log({ id }: { id: string }) {
  const log = useAnswer('listDeliveries', { id }, { refreshMs });
  return (
    <Loaded answer={log}>
      {({ deliveries }) => (
        <div class="table-scroll hook-log">
          <table class="tokens">
            <tbody>
              {deliveries.map(({ id, created_at, state, summary, attempts, tries }) => {
                const last = attempts.at(-1);
                return (
                  <tr key={id}>
                    <td>
                      <Time at={created_at} form="ago" />
                    </td>
                    <td class={state === 'failed' ? 'worse' : ''}>{state}</td>
                    <td class="address">{summary}</td>
                    <td>{last && (last.error ?? `status ${last.status}, ${last.ms} ms`)}</td>
                    <td class="num t3">{tries > 1 && `${tries} tries`}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          {deliveries.length === 0 && <p class="panel-note">Nothing was sent yet.</p>}
        </div>
      )}
    </Loaded>
  );
}
