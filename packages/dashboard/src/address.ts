/** The address bar as state: which page is shown, and what of it; every view has a link. */
export function startAddress(): void {}
