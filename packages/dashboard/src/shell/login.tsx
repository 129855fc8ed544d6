/** The way in: a server with tokens wants to know who asks. */

/** A form for a token. */
export function Login() {
  return <main class="login" />;
}
