/** Links to exports of some sessions, one for each format; the server names the files. */
import type { Query } from '../address.ts';
import { apiUrl } from '../api.ts';

/** The items of a menu; `onClick` closes it. */
export function Exports({ filter, onClick }: { filter: Query; onClick: () => void }) {
  const item = (format: string, name: string, about: string) => (
    <a download href={apiUrl('/api/export', { ...filter, format })} onClick={onClick}>
      {name} <small>{about}</small>
    </a>
  );
  return (
    <>
      {item('ndjson', 'NDJSON, as recorded', 'for tacho import')}
      {item('csv', 'CSV', 'samples')}
      {item('parquet', 'Parquet', 'samples')}
    </>
  );
}
