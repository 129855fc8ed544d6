/** The heads of a table with a column per run. */
import { useComparison } from '../view.ts';
import { Letter } from '../who.tsx';

/** What the rows are of, for those who hear the page, then the runs that are shown. */
export function RunHeads({ of }: { of: string }) {
  const { shown } = useComparison();
  return (
    <thead>
      <tr>
        <th scope="col">
          <span class="vh">{of}</span>
        </th>
        {shown.map((run) => (
          <th key={run.letter} scope="col">
            <Letter run={run} />
            <span class="vh">Run {run.letter}</span>
          </th>
        ))}
      </tr>
    </thead>
  );
}
