// A long question of a view: one at a time, with how far it is; a newer one, or stop(), ends it.
import { onDestroy } from 'svelte';
import { ask, isAbort } from './api';

export class Job {
  /** How far the run under way is; null when there is none. */
  share = $state<number | null>(null);
  private running: AbortController | null = null;

  constructor() {
    onDestroy(() => (this.running = null)); // what comes later is not for this view
  }

  /** `then` takes the answer; `failed` is told what went wrong. Neither is called for a run that was stopped. */
  async run<T extends object>(path: string, body: unknown, then: (answer: T) => Promise<void>, failed: (e: unknown) => void): Promise<void> {
    this.running?.abort();
    const mine = (this.running = new AbortController());
    this.share = 0;
    try {
      const answer = await ask<T>(path, body, (done, total) => (this.share = total ? done / total : 0), mine.signal);
      if (this.running === mine) await then(answer);
    } catch (e) {
      if (this.running === mine && !isAbort(e)) failed(e);
    } finally {
      if (this.running === mine) this.share = null;
    }
  }

  stop(): void {
    this.running?.abort();
    this.running = null;
    this.share = null;
  }
}
