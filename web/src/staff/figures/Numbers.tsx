/** A table of numbers: a name at the left of each line, the sum below. */
export type Line = { name: string; cells: readonly string[] }

type NumbersProps = {
  caption: string
  first: string // what the lines are
  heads: readonly string[]
  lines: readonly Line[]
  total?: Line
}

export function Numbers({ caption, first, heads, lines, total }: NumbersProps) {
  return (
    <div class="scroller" tabIndex={0} role="group" aria-label={caption}>
      <table class="table numbers">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{first}</th>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line, at) => (
            <Row key={at} line={line} />
          ))}
        </tbody>
        {total && (
          <tfoot>
            <Row line={total} />
          </tfoot>
        )}
      </table>
    </div>
  )
}

const Row = ({ line }: { line: Line }) => (
  <tr>
    <th scope="row">{line.name}</th>
    {line.cells.map((cell, at) => (
      <td key={at}>{cell}</td>
    ))}
  </tr>
)
