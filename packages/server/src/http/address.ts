/** Client addresses: which are this machine's, and which belong to one client. */

/** Whether a socket's remote address is this machine's. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address);
}

/** What one client can be told by: an IPv4 address, or the 64 bits that one IPv6 network has. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const parts = head.split(':').filter((part) => part !== '');
  const rest = (tail ?? '').split(':').filter((part) => part !== '');
  const missing = tail === undefined ? 0 : 8 - parts.length - rest.length;
  const all = [...parts, ...Array<string>(Math.max(0, missing)).fill('0'), ...rest];
  return all.slice(0, 4).join(':');
}
