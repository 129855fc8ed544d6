/** Watches a page for everything that a page of ours must never do. */
import type { Page } from 'playwright-core';

/** What a page is held to. */
export interface WatchOptions {
  /** The only origin that may be asked for anything. */
  origin: string;
  /** Complaints that are part of the story, as of a server that was taken away. */
  expected?: readonly RegExp[];
}

/**
 * Collects errors on the console (a breach of the Content-Security-Policy is one), uncaught
 * exceptions, dialogs, requests that failed and requests to anybody else. The list that is
 * returned grows as the page lives.
 */
export function watch(page: Page, { origin, expected = [] }: WatchOptions): string[] {
  const complaints: string[] = [];
  const complain = (text: string): void => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text);
  };
  page.on('console', (message) => {
    if (message.type() === 'error') {
      complain(`console: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complain(`exception: ${error.stack ?? error.message}`));
  page.on('dialog', (dialog) => {
    complain(`dialog: ${dialog.message()}`);
    // It would hold up the page for ever; one that is answered already does not.
    dialog.dismiss().catch(() => {});
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOurs = url.origin === origin || ['data:', 'blob:', 'about:'].includes(url.protocol);
    if (!isOurs) complain(`foreign request: ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'unknown';
    // What a page no longer needs it aborts itself.
    if (reason !== 'net::ERR_ABORTED') complain(`failed: ${request.url()} ${reason}`);
  });
  return complaints;
}
