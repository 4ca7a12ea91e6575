import { useEffect, useState } from 'preact/hooks'
import { photo } from '../../../pages/call/photo'
import type { Board } from '../../../pages/photo/board'
import { Dialog } from '../../../pages/parts/Dialog'
import { Later } from '../../../pages/parts/Later'
import type { OpinionLine, Picture } from '../../api'
import { ProblemNote } from '../../parts/Problem'
import { words } from '../../words'
import { useBoard } from './drawing'
import { Coming } from './inPieces'
import { pathOf } from './sending'

type ViewerProps = {
  title: string
  picture: Picture
  line: OpinionLine
  /** This page sends it: what is seen is here already. */
  isSent: boolean
  onLine: (line: OpinionLine) => void
  onClose: () => void
}

/** One picture as large as there is room. Both sides look closely, point, draw and measure. */
export function Viewer({ title, picture, line, isSent, onLine, onClose }: ViewerProps) {
  const { pictures: sentences } = words.value.opinion
  const { board, problem, full } = useBoard(picture, line, onLine)
  const path = pathOf(picture.opinion, picture.id)
  const inPieces = picture.pieces > 2 && !isSent
  const said = full ? sentences.marksFull : picture.wholeAt ? sentences.whole : sentences.coming
  return (
    <Dialog title={title} onClose={onClose}>
      <ProblemNote problem={problem} />
      {inPieces && (
        <InPieces {...{ picture, board, title }} sentence={full ? said : undefined} />
      )}
      {!inPieces && (
        <Later part={photo}>
          {({ Plate }) => (
            <Plate board={board} sentence={said}>
              <img src={picture.wholeAt && !isSent ? path : `${path}/preview`} alt={title} />
            </Plate>
          )}
        </Later>
      )}
    </Dialog>
  )
}

type InPiecesProps = { picture: Picture; board: Board; title: string; sentence?: string }

/** A large picture: it becomes sharp where it is looked at first. */
function InPieces({ picture, ...shown }: InPiecesProps) {
  const [coming, setComing] = useState<Coming>()
  useEffect(() => {
    const begun = new Coming(picture)
    setComing(begun)
    return () => begun.close()
  }, [picture.id])
  const here = coming?.photo.value
  return (
    <>
      <ProblemNote problem={coming?.problem.value} />
      <Later part={photo}>
        {({ Tiled }) =>
          coming && here ? (
            <Tiled {...shown} photo={here} onLook={(wanted) => coming.look(wanted)} />
          ) : (
            <p role="status">{words.value.opinion.pictures.coming}</p>
          )
        }
      </Later>
    </>
  )
}
