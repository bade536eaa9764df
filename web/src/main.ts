import { mount } from 'svelte';
import App from './App.svelte';
import './style.css';

// In a report, the page takes the place of the tables that are read without scripts.
const target = document.getElementById('app')!;
target.replaceChildren();
mount(App, { target });
