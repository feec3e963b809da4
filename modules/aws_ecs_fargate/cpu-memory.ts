/** Sizes of tasks that Fargate has: each share of processors goes with some amounts of memory. */

const range = (from: number, to: number, by = 1): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by)

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html */
const gigabytes: readonly (readonly [vcpu: number, amounts: readonly number[]])[] = [
  [0.25, [0.5, 1, 2]],
  [0.5, range(1, 4)],
  [1, range(2, 8)],
  [2, range(4, 16)],
  [4, range(8, 30)],
  [8, range(16, 60, 4)],
  [16, range(32, 120, 8)],
]

interface Size {
  readonly cpu: string
  readonly memory: string
}

const sizes: ReadonlyMap<string, Size> = new Map(
  gigabytes.flatMap(([vcpu, amounts]) =>
    amounts.map((amount): readonly [string, Size] => [
      `vCPU${vcpu}-${amount}GB`,
      { cpu: String(vcpu * 1_024), memory: String(amount * 1_024) },
    ]),
  ),
)

/** `vCPU0.25-0.5GB` */
export const sizeNames: readonly string[] = [...sizes.keys()]

export const sizeOf = (name: string | null): Partial<Size> => (name === null ? {} : (sizes.get(name) ?? {}))

export const sizeNameOf = (cpu: string | undefined, memory: string | undefined): string | null =>
  [...sizes].find(([, size]) => size.cpu === cpu && size.memory === memory)?.[0] ?? null
