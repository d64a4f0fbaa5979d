import { UnavailableError } from '../../errors.ts'
import { estimateTokens } from '../estimate-tokens.ts'
import type { TextModel } from '../text-model.ts'
import { publicModelName } from './model-name.ts'

/**
 * Stands for a model that cannot be had where only its tokens are to be counted, as for a plan. It answers nothing.
 *
 * @example
 * createCountingModel('openai:gpt-5-mini').countTokens('Label it.') // 5
 */
export function createCountingModel(name: string): TextModel {
  const shown = publicModelName(name)
  return {
    name: shown,
    identity: shown,
    concurrency: 1,
    local: false,
    countTokens: estimateTokens,
    async generate() {
      throw new UnavailableError(`model ${shown} only counts tokens here`, {
        remedy: 'Have answers from openTextModel.',
      })
    },
    async close() {},
  }
}
