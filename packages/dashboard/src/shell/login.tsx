/** The way in: a server with tokens wants to know who asks. */
import { useState } from 'preact/hooks';
import { type ApiError, isLockedOut, send } from '../api.ts';
import { ShellLine } from '../parts/waiting.tsx';
import './login.css';

/** A form for a token; it goes into a cookie that no script can read. */
export function Login() {
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const enter = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token');
    setBusy(true);
    try {
      await send('POST', '/api/login', { token: String(token).trim() });
      isLockedOut.value = false;
    } catch (error) {
      setProblem((error as ApiError).message);
    }
    setBusy(false);
  };
  return (
    <main class="login" id="main">
      <form class="panel" onSubmit={enter}>
        <h1>Tacho</h1>
        <p class="t2">This server asks for a token. It needs the scope read.</p>
        <label>
          <span>Token</span>
          <input
            name="token"
            type="password"
            autocomplete="current-password"
            required
            placeholder="tacho_…"
            aria-invalid={problem !== ''}
            aria-describedby="login-problem"
          />
        </label>
        <p id="login-problem" class="login-problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="btn btn-primary" disabled={isBusy}>
          Log in
        </button>
        <p class="small t3">Whoever runs the server makes one with</p>
        <ShellLine text="tacho token create --name me --scope read" />
      </form>
    </main>
  );
}
