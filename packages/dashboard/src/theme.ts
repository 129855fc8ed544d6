/** The theme: dark, light, or what the system says. */
export function startTheme(): void {}
