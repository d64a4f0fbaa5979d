/** Probabilities of an observation's own choice and of each other one; of any choice under the prior. */
export interface ChoiceRow {
  readonly own: number
  readonly other: number
  readonly any: number
}

/** @param components Observations and the prior. */
export function choiceRow(choices: number, priorWeight: number, components: number): ChoiceRow {
  const share = priorWeight / components
  const sum = 1 + choices * share
  return { own: (1 + share) / sum, other: share / sum, any: 1 / choices }
}

/** Log-probabilities of the observed choices, given the choice of a point, into `out`. */
export function logChoices({ own, other }: ChoiceRow, choice: number, out: Float64Array): void {
  out.fill(Math.log(other))
  out[choice] = Math.log(own)
}

/** The observed choice takes [0, own), the others share the rest. */
export function drawChoice(u: number, observed: number, { own, other }: ChoiceRow, choices: number): number {
  if (u < own || !(other > 0)) return observed
  const rank = Math.min(Math.floor((u - own) / other), choices - 2)
  return rank < observed ? rank : rank + 1
}
