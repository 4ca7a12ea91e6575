import { useRef } from 'preact/hooks'
import { aside } from '../../../pages/call/aside'
import { Dialog } from '../../../pages/parts/Dialog'
import { Later } from '../../../pages/parts/Later'
import { words } from '../../words'

type ViewerProps = { title: string; path: string; whole: boolean; onClose: () => void }

/** One picture as large as there is room, to be looked at closely: with fingers, wheel and keys. */
export function Viewer({ title, path, whole, onClose }: ViewerProps) {
  const { pictures } = words.value.opinion
  const picture = useRef<HTMLImageElement>(null)
  return (
    <Dialog title={title} onClose={onClose}>
      {!whole && <p role="status">{pictures.coming}</p>}
      <div class="viewer">
        <img ref={picture} src={whole ? path : `${path}/preview`} alt={title} />
        <Later part={aside}>{({ Lens }) => <Lens video={picture} />}</Later>
      </div>
    </Dialog>
  )
}
