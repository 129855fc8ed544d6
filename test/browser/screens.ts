/** Screens that pages are looked at on, and who looks: the options of a browser context. */
import type { BrowserContextOptions } from 'playwright-core';

/** The widths that every page is looked at; what is held in a hand has fingers for a pointer. */
const screens = {
  desk: { viewport: { width: 1440, height: 900 } },
  tablet: { viewport: { width: 768, height: 1024 }, hasTouch: true },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
} as const satisfies Record<string, BrowserContextOptions>;

/** How somebody looks at a page. */
export interface Look {
  /** A desk by default. */
  screen?: keyof typeof screens;
  /** Light by default. */
  theme?: 'light' | 'dark';
  reducedMotion?: boolean;
}

/** Options of a context; place and language are neither UTC nor American, so that neither is taken for granted. */
export function contextOptions(look: Look = {}): BrowserContextOptions {
  return {
    ...screens[look.screen ?? 'desk'],
    colorScheme: look.theme ?? 'light',
    reducedMotion: look.reducedMotion ? 'reduce' : 'no-preference',
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
  };
}
