/**
 * The thread that helps, in Node.js.
 *
 * @module
 */
import { workerData } from 'node:worker_threads'
import { help } from '../numerics/linalg/wasm/help.ts'

help(workerData)
