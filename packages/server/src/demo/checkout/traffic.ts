/** How many requests the service gets, by day and night. */

/** Requests per second of one instance at an instant. */
export function trafficAt(us: number): number {
  const date = new Date(us / 1000);
  const hour = date.getUTCHours() + date.getUTCMinutes() / 60 + date.getUTCSeconds() / 3600;
  const isWeekend = [0, 6].includes(date.getUTCDay());
  const day = Math.exp(-(((hour - 13) / 4.5) ** 2)) + 0.7 * Math.exp(-(((hour - 20) / 2.2) ** 2));
  return 4 + (isWeekend ? 26 : 44) * day;
}
