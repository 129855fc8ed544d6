/** Tokens: who may deliver, ask and manage; the secret of a new one is shown once. */
import { useState } from 'preact/hooks';
import { useAnswer } from '../../answer.ts';
import { type Answer, type ApiError, send } from '../../api.ts';
import { Time } from '../../parts/time.tsx';
import { Failure, Loaded } from '../../parts/waiting.tsx';
import { MakeForm, Secret, TakeAway, Ticks } from './making.tsx';

type Token = Answer<'listTokens'>['tokens'][number];

const scopes = [
  ['ingest', 'deliver data'],
  ['read', 'ask questions'],
  ['admin', 'everything'],
] as const;

/** The list, a form for another one, and the way out. */
export function Tokens() {
  const tokens = useAnswer('listTokens', {});
  const [secret, setSecret] = useState<string>();
  const isRefused = tokens.error?.status === 403;
  return (
    <section class="panel wide" aria-labelledby="tokens-title">
      <header>
        <h2 id="tokens-title">Tokens</h2>
        <span class="t3 small">from the first one on, every request needs one</span>
      </header>
      {isRefused ? (
        <p class="panel-note">Whoever manages tokens needs one with the scope admin.</p>
      ) : (
        <Loaded answer={tokens} rows={2}>
          {({ tokens: list }) => (
            <>
              {list.length === 0 ? (
                <p class="panel-note">
                  There is none: the server serves this machine only, and asks for nothing. Give the
                  first one the scope admin, or nobody will be able to make another.
                </p>
              ) : (
                <TokenTable tokens={list} onChange={tokens.retry} />
              )}
              <NewToken
                isFirst={list.length === 0}
                onMade={(made) => {
                  setSecret(made);
                  tokens.retry();
                }}
              />
            </>
          )}
        </Loaded>
      )}
      {/* Also of a first token that may not even ask for the list: nobody could know it otherwise. */}
      {secret !== undefined && <Secret key={secret} of="token" secret={secret} />}
      {(isRefused || tokens.value?.tokens[0]) && <LogOut />}
    </section>
  );
}

function TokenTable({ tokens, onChange }: { tokens: readonly Token[]; onChange: () => void }) {
  const [error, setError] = useState<ApiError>();
  const revoke = async (id: string): Promise<void> => {
    try {
      await send('DELETE', `/api/tokens/${encodeURIComponent(id)}`);
      setError(undefined);
      onChange();
    } catch (reason) {
      setError(reason as ApiError);
    }
  };
  return (
    <div class="table-scroll">
      {error !== undefined && <Failure answer={{ error, retry: onChange }} />}
      <table class="tokens">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">Made</th>
            <th scope="col">Last used</th>
            <th scope="col">Expires</th>
            <th scope="col">
              <span class="vh">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <th scope="row">{token.name}</th>
              <td>{token.scopes.join(', ')}</td>
              <td>
                <Time at={token.created_at} form="day" />
              </td>
              <td>{token.last_used_at ? <Time at={token.last_used_at} form="ago" /> : 'never'}</td>
              <td>{token.expires_at ? <Time at={token.expires_at} form="day" /> : 'never'}</td>
              <td class="num">
                <TakeAway verb="Revoke" name={token.name} onYes={() => revoke(token.id)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NewToken({ isFirst, onMade }: { isFirst: boolean; onMade: (secret: string) => void }) {
  const make = async (fields: FormData): Promise<void> => {
    const expires = String(fields.get('expires') ?? '');
    const made = (await send('POST', '/api/tokens', {
      name: fields.get('name'),
      scopes: fields.getAll('scope'),
      ...(expires !== '' && { expires_at: new Date(`${expires}T00:00`).toISOString() }),
    })) as { token: string };
    // The first token shuts the door behind it, and this page would be outside.
    if (isFirst) await send('POST', '/api/login', { token: made.token });
    onMade(made.token);
  };
  return (
    <MakeForm label="Make a token" make={make}>
      <label>
        <span>Name</span>
        <input name="name" required maxLength={200} placeholder="Who uses it" autocomplete="off" />
      </label>
      <Ticks name="scope" legend="May" ticks={scopes} ticked={isFirst ? 'admin' : 'ingest'} />
      <label>
        <span>Expires, if ever</span>
        <input name="expires" type="date" />
      </label>
    </MakeForm>
  );
}

function LogOut() {
  const leave = async (): Promise<void> => {
    await send('POST', '/api/logout');
    location.reload();
  };
  return (
    <p class="log-out">
      <button type="button" class="btn btn-s" onClick={leave}>
        Log out of this browser
      </button>
    </p>
  );
}
