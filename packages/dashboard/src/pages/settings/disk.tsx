/** What the server keeps: the disk by part, and each product's share of it. */
import { href } from '../../address.ts';
import type { Answer } from '../../api.ts';
import { bytes, count, countOrDot, nothing } from '../../format/number.ts';
import { Time } from '../../parts/time.tsx';

type Storage = Answer<'storage'>;

/** The names of the files, for people. */
const fileNames: Record<string, string> = {
  database: 'Database',
  journal: 'Write-ahead log',
  index: 'Search index',
};

/** Used and free, and what takes it up. */
export function Disk({ disk }: { disk: Storage['disk'] }) {
  const { used_bytes: used, free_bytes: free } = disk;
  if (used === undefined) return <p class="panel-note">This server has no files of its own.</p>;
  const files = Object.entries(disk.files ?? {}).filter(([, size]) => size > 0);
  return (
    <div class="disk">
      <p>
        <b class="figure">{bytes(used)}</b> used
        {free !== undefined && <span class="t3"> · {bytes(free)} free</span>}
      </p>
      <div class="disk-bar" aria-hidden="true">
        {files.map(([name, size], i) => (
          <i key={name} style={{ flexGrow: size, background: `var(--series-${(i % 8) + 1})` }} />
        ))}
      </div>
      <ul class="disk-parts">
        {files.map(([name, size], i) => (
          <li key={name}>
            <i style={{ background: `var(--series-${(i % 8) + 1})` }} aria-hidden="true" />
            {fileNames[name] ?? name} <b>{bytes(size)}</b>
          </li>
        ))}
        {disk.sample_bytes !== undefined && (
          <li>
            of the database, samples <b>{bytes(disk.sample_bytes)}</b>
          </li>
        )}
        {(disk.reusable_bytes ?? 0) > 0 && (
          <li>
            left over by deletions, used again <b>{bytes(disk.reusable_bytes ?? 0)}</b>
          </li>
        )}
      </ul>
    </div>
  );
}

/** What is kept of each product. */
export function Products({ storage }: { storage: Storage }) {
  if (storage.products.length === 0) return <p class="panel-note">Nothing is recorded yet.</p>;
  const most = Math.max(1, ...storage.products.map((each) => each.sample_bytes ?? 0));
  return (
    <div class="table-scroll">
      <table class="products">
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col" class="num">
              Sessions
            </th>
            <th scope="col" class="num">
              Events
            </th>
            <th scope="col" class="num">
              State changes
            </th>
            <th scope="col" class="num">
              Samples
            </th>
            <th scope="col">{storage.estimated ? 'On disk, estimated' : 'Samples on disk'}</th>
            <th scope="col">Oldest</th>
            <th scope="col">Newest</th>
          </tr>
        </thead>
        <tbody>
          {storage.products.map((each) => (
            <tr key={each.product}>
              <th scope="row">
                <a href={href('sessions', { product: each.product })}>{each.product}</a>
              </th>
              <td class="num">{count(each.sessions)}</td>
              <td class="num">{countOrDot(each.events)}</td>
              <td class="num">{countOrDot(each.patches)}</td>
              <td class="num">{countOrDot(each.samples)}</td>
              <td>
                <span class="share-bar" aria-hidden="true">
                  <i style={{ width: `${((each.sample_bytes ?? 0) / most) * 100}%` }} />
                </span>
                {each.sample_bytes === undefined ? nothing : bytes(each.sample_bytes)}
              </td>
              <td>
                <Time at={each.oldest} form="day" />
              </td>
              <td>
                <Time at={each.newest} form="ago" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {storage.products_left_out > 0 && (
        <p class="panel-note">and {count(storage.products_left_out)} further products</p>
      )}
    </div>
  );
}
