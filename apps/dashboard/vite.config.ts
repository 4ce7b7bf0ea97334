import { join } from 'node:path';
import { defineConfig } from 'vite';

/** `npm run dev` in this folder: pages from here, everything else from a pool that runs beside. */
const POOL_URL = process.env['GISTPOOL_URL'] ?? 'http://127.0.0.1:7410';

export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: 'es2023',
    outDir: join(import.meta.dirname, '../../dist/dashboard'),
    modulePreload: { polyfill: false },
    // Nothing inline: the pages forbid inline scripts, and a font or picture is a file of this server.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // Libraries mark modules as "use client" for servers that render; there is none here.
      onLog: (level, log, tell) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') tell(level, log);
      },
    },
  },
  worker: { format: 'es' },
  server: { proxy: { '/v1': POOL_URL, '/metrics': POOL_URL, '/docs': POOL_URL, '/queues': POOL_URL } },
});
