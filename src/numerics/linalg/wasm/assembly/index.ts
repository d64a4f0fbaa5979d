export { columnSquaredNorms } from './column-norms'
