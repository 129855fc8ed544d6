/** Says when a page shows its first data: for those who measure it, and for those who drive it. */

/** Marks the page as drawn, once the browser has put it on screen. */
export function markReady(page: string): void {
  if (document.body.dataset.ready === page) return;
  requestAnimationFrame(() => {
    document.body.dataset.ready = page;
    performance.mark('tacho:ready', { detail: page });
  });
}
