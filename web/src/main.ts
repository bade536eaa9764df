import { mount } from 'svelte';
import App from './App.svelte';
import './style.css';

/** In a report, the page takes the place of what is read without scripts; how it was computed, sources and limits stay. */
function takeOver(): [HTMLElement, HTMLElement] {
  const app = document.createElement('div');
  const rest = document.createElement('section');
  app.id = 'app';
  rest.className = 'rest';
  // From a heading up to the one named `end`, or to the last.
  const move = (start: string, end: string) => {
    for (let e = document.getElementById(start) as Element | null; e && e.id !== end; ) {
      const next: Element | null = e.nextElementSibling;
      rest.append(e);
      e = next;
    }
  };
  move('differences', 'courses');
  move('computed', '');
  const data = [...document.querySelectorAll('script[type="application/json"]')];
  for (const style of document.querySelectorAll('head style:not(#page-style)')) style.remove();
  (document.getElementById('page-style') as HTMLStyleElement).media = 'all';
  document.body.replaceChildren(app, ...data);
  return [app, rest];
}

if (document.getElementById('quell-data')) {
  const [target, rest] = takeOver();
  mount(App, { target });
  target.querySelector('main')?.append(rest);
} else {
  mount(App, { target: document.getElementById('app')! });
}
