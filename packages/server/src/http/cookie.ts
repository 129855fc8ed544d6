/** The cookie in which a browser keeps a token: pages cannot read it, and other sites cannot send it. */

const cookieName = 'tacho_token';

/** The secret in a Cookie header; undefined when there is none. */
export function cookieSecret(header: string | undefined): string | undefined {
  if (header === undefined || !header.includes(cookieName)) return undefined;
  for (const pair of header.split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === cookieName && value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** A Set-Cookie header that keeps a secret for so long. */
export function loginCookie(secret: string, maxAgeSeconds: number, secure: boolean): string {
  return `${cookieName}=${secret}; Max-Age=${maxAgeSeconds}; ${attributes(secure)}`;
}

/** A Set-Cookie header that takes it away. */
export function logoutCookie(secure: boolean): string {
  return `${cookieName}=; Max-Age=0; ${attributes(secure)}`;
}

function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}
