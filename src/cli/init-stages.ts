import { DEFAULT_LOCAL_MODEL } from '../evaluation/models/known-names.ts'

/** The task that `krige init --stages` writes. */
export const STAGED_TASK = `# A program of two stages. What each key says: krige help programs.
name: sentiment
examples: examples.jsonl         # {"input": …, "expected": …} per line
split: { search: 0.5, holdout: 0.5, seed: 1 }
metric: label-match              # scores what the last stage answers
# A local model (krige models pull), or for example
#   openai-compatible:http://127.0.0.1:8080/v1#name    openai:gpt-5-mini    anthropic:claude-haiku-4-5
model: gguf:${DEFAULT_LOCAL_MODEL}
stages:
  points:
    template: "{{prompt}}\\n\\nReview: {{input}}\\nPoints:"
    sampling: { maxOutputTokens: 40 }
  verdict:
    template: "{{prompt}}\\n\\nReview: {{input}}\\nPoints: {{points}}\\nAnswer:"
prompts:
  - slots: { points: List what the customer praises and blames., verdict: Is the review positive or negative? }
  - slots: { points: What annoyed the customer?, verdict: Is the review positive or negative? }
  - slots: { points: List what the customer praises and blames., verdict: Answer positive or negative. Beware of sarcasm. }
  - slots: { points: What annoyed the customer?, verdict: Answer positive or negative. Beware of sarcasm. }
baseline: { id: "1" }
budget: { evaluations: 100, calls: 200 }
`
