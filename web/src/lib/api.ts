import type { About, CompareSettings, Comparison } from './types';

/** What the server says when something is wrong (RFC 9457), with quell's own diagnostics. */
export interface Problem {
  title: string;
  status: number;
  detail?: string;
  diagnostics?: { code: string; message: string; help?: string; file?: string; line?: number; column?: number }[];
}
export class ApiError extends Error {
  constructor(public problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}

export async function call<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { headers: { Accept: 'application/json' } };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.method = 'POST';
    init.headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  const r = await fetch(`/api/v1/${path}`, init);
  const text = await r.text();
  let data: unknown = null;
  try {
    data = JSON.parse(text);
  } catch {
    throw new ApiError({ title: 'the answer is not JSON', status: r.status, detail: text.slice(0, 200) });
  }
  if (!r.ok) throw new ApiError(data as Problem);
  return data as T;
}

export const about = () => call<About>('about');

export interface Job {
  id: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  done: number;
  total: number;
  problem?: Problem;
}

/** Runs a comparison; small ones answer at once, larger ones become a job whose progress is reported. */
export async function compare(s: CompareSettings, progress: (done: number, total: number) => void, signal: AbortSignal): Promise<Comparison> {
  const answer = await call<Comparison | { job: Job }>('compare', s, signal);
  if (!('job' in answer)) return answer;
  const { id } = answer.job;
  const stop = () => void fetch(`/api/v1/jobs/${id}`, { method: 'DELETE' });
  signal.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const events = new EventSource(`/api/v1/jobs/${id}/events`);
      const end = (f: () => void) => {
        events.close();
        f();
      };
      signal.addEventListener('abort', () => end(() => reject(new DOMException('stopped', 'AbortError'))), { once: true });
      events.onmessage = (e) => {
        const job = JSON.parse(e.data as string) as Job;
        progress(job.done, job.total);
        if (job.state === 'done') end(resolve);
        if (job.state === 'failed' || job.state === 'cancelled')
          end(() => reject(new ApiError(job.problem ?? { title: `the run was ${job.state}`, status: 500 })));
      };
      events.onerror = () => end(() => reject(new ApiError({ title: 'the connection to the program broke', status: 0 })));
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return call<Comparison>(`jobs/${id}/result`, undefined, signal);
}

/** A report carries its result inside the page. */
export function embedded(): Comparison | null {
  const e = document.getElementById('quell-data');
  return e?.textContent ? (JSON.parse(e.textContent) as Comparison) : null;
}

export const commandOf = (s: CompareSettings): string =>
  `quell compare --population ${s.population} --regimens ${s.regimens.join(',')} --patients ${s.patients} --years ${s.years} --seed ${s.seed}`;
