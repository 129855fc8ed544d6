/** Signatures of messages, as Standard Webhooks has them. */
import { createHmac } from 'node:crypto';

/** The headers that say who sent a body, when, and which message it is. */
export function signedHeaders(
  secret: string,
  id: string,
  body: string,
  nowUs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowUs / 1e6));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${hmac}`,
  };
}
