// One script and one style sheet with fixed names: the server embeds them, the report inlines them.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  base: './',
  server: { proxy: { '/api': 'http://127.0.0.1:8750' } },
  build: {
    outDir: 'dist',
    target: 'es2022',
    cssCodeSplit: false,
    modulePreload: false,
    rollupOptions: {
      output: {
        inlineDynamicImports: true,
        entryFileNames: 'app.js',
        assetFileNames: (a) => (a.names[0]?.endsWith('.css') ? 'app.css' : '[name][extname]')
      }
    }
  }
});
