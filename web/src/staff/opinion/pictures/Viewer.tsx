import { photo } from '../../../pages/call/photo'
import { Dialog } from '../../../pages/parts/Dialog'
import { Later } from '../../../pages/parts/Later'
import type { OpinionLine, Picture } from '../../api'
import { ProblemNote } from '../../parts/Problem'
import { words } from '../../words'
import { useBoard } from './drawing'
import { pathOf } from './sending'

type ViewerProps = {
  title: string
  picture: Picture
  line: OpinionLine
  onLine: (line: OpinionLine) => void
  onClose: () => void
}

/** One picture as large as there is room. Both sides look closely, point, draw and measure. */
export function Viewer({ title, picture, line, onLine, onClose }: ViewerProps) {
  const { pictures: sentences } = words.value.opinion
  const { board, problem, full } = useBoard(picture, line, onLine)
  const path = pathOf(picture.opinion, picture.id)
  const said = full ? sentences.marksFull : picture.wholeAt ? sentences.whole : sentences.coming
  return (
    <Dialog title={title} onClose={onClose}>
      <ProblemNote problem={problem} />
      <Later part={photo}>
        {({ Plate }) => (
          <Plate board={board} sentence={said}>
            <img src={picture.wholeAt ? path : `${path}/preview`} alt={title} />
          </Plate>
        )}
      </Later>
    </Dialog>
  )
}
