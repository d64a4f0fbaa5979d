import { embeddingView } from './embedding-view.ts'
import { characterView, wordView } from './n-gram-view.ts'
import { parameterView } from './parameter-view.ts'
import { slotView } from './slot-view.ts'
import { surfaceView } from './surface-view.ts'
import type { View } from './view.ts'

/** Every view by name; adding one = one file + one line here. */
export const viewFactories = {
  embedding: embeddingView,
  characters: characterView,
  words: wordView,
  surface: surfaceView,
  slots: slotView,
  parameters: parameterView,
} as const satisfies Record<string, () => View>

export type ViewName = keyof typeof viewFactories

export const viewNames = Object.keys(viewFactories) as readonly ViewName[]
