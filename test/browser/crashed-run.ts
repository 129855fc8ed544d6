/** The run of the made-up week whose death is told in the stories. */
import { get } from '../whole/http.ts';

/** A row of the list of sessions, as far as stories look at it. */
interface RecordedSession {
  id: string;
  created_at: string;
  duration_ms: number;
  patches: number;
}

/** The one run of emberline 2.4.0 that crashed on qa-tower-07. */
export async function crashedRun(demo: string): Promise<RecordedSession> {
  const path = '/api/sessions?product=emberline&version=2.4.0&machine=qa-tower-07&outcome=crashed';
  const { sessions } = (await get(demo + path)).json as { sessions: RecordedSession[] };
  return sessions[0]!;
}
