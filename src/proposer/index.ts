/**
 * Makes new prompts from those there are, what they got right and wrong, and what the examples tell.
 *
 * @module
 */
import '../node-version.ts'

export { type AnswerForm, answerFormOf, describeAnswers } from './answer-form.ts'
export { createGate, type Gate, type GateOptions } from './gate/gate.ts'
export type { Rejection, RejectionReason } from './gate/rejection.ts'
export { parsePrompts, type WrittenPrompt } from './parse-prompts.ts'
export { type Proposed, propose } from './propose.ts'
export type { Ask, Draft, GeneratorRequest, MeasuredExample, Member, ProposalRequest, Proposer } from './proposer.ts'
export { createPortfolio, createProposer, PROPOSERS, type ProposerSpecification } from './registry.ts'
export { createTaskView, slotsOf, type TaskView, type TaskViewOptions } from './task-view.ts'
