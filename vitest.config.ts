import { defineConfig } from 'vitest/config'

const globalSetup = 'test/support/build-wasm.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'default',
          globalSetup,
          include: ['test/**/*.test.ts'],
          exclude: ['test/faults/**', 'test/live/**'],
          // Every module is loaded once a worker, not once a file; a test undoes what it does to its process.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'faults',
          globalSetup,
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 360_000,
          hookTimeout: 60_000,
        },
      },
      // The long run of the kill suite; the short one is among the faults.
      { test: { name: 'kills', include: ['test/faults/kill.test.ts'], env: { KRIGE_KILLS: '500' } } },
      {
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
