export { cacheFolder, modelsFolder } from '../embedding/cache-folder.ts'
