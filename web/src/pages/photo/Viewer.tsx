import { useEffect } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { Dialog } from '../parts/Dialog'
import type { Album, Here } from './album'
import { boardOf } from './board'
import { Tiled } from './Tiled'
import { photoWords } from './words'

type ViewerProps = { call: Call; album: Album; here: Here; title: string; onClose: () => void }

/** A photo of a call as large as there is room, that becomes sharp where it is looked at first. */
export function Viewer({ call, album, here, title, onClose }: ViewerProps) {
  const { info, pieces, gone } = here
  useEffect(() => {
    album.open = info.number
    return () => {
      album.open = 0
    }
  }, [info.number])
  return (
    <Dialog title={title} onClose={onClose}>
      <Tiled
        key={info.number}
        photo={{ width: info.width, height: info.height, sizes: info.pieces, pieces }}
        board={boardOf(call, album, here)}
        title={title}
        sentence={gone && photoWords.value.gone[gone]}
        onLook={(wanted) => album.look(here, wanted)}
      />
    </Dialog>
  )
}
