/** What became of everything that was sent: stored, repeated, refused and why. */
import type { Answer } from '../../api.ts';
import { count } from '../../format/number.ts';

/** The counters of the server. */
export function Entries({ counters }: { counters: Answer<'storage'>['counters'] }) {
  const { entries, requests } = counters;
  const refused = pairs(entries.rejected);
  const failed = pairs(requests.failed);
  return (
    <div class="entries">
      <table>
        <caption class="vh">Entries by what became of them</caption>
        <tbody>
          <Line name="Received" value={entries.received} />
          <Line name="Stored" value={entries.stored} />
          <Line name="Sent again, counted once" value={entries.duplicate} />
          <Line name="On their way to the disk" value={entries.pending} />
          {refused.map(([reason, n]) => (
            <Line key={reason} name="Refused" reason={reason} value={n} isBad />
          ))}
        </tbody>
      </table>
      <table>
        <caption class="vh">Requests by how they were answered</caption>
        <tbody>
          <Line name="Requests answered" value={requests.succeeded} />
          {failed.map(([code, n]) => (
            <Line key={code} name="Failed" reason={code} value={n} isBad />
          ))}
        </tbody>
      </table>
      {refused.length === 0 && <p class="panel-note">Nothing was refused.</p>}
    </div>
  );
}

function Line({
  name,
  reason,
  value,
  isBad = false,
}: {
  name: string;
  reason?: string;
  value: number;
  isBad?: boolean;
}) {
  return (
    <tr>
      <th scope="row">
        {name} {reason !== undefined && <code>{reason}</code>}
      </th>
      <td class={isBad ? 'num worse' : 'num'}>{count(value)}</td>
    </tr>
  );
}

/** The most frequent first. */
function pairs(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([, a], [, b]) => b - a);
}
