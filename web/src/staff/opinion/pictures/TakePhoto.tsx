import type { Taking as Part } from '../../../pages/photo/Taking'
import { words } from '../../words'
import { useCamera } from './camera'
import { Review } from './Review'

type TakeProps = { Taking: typeof Part; onTaken: (photo: Blob) => void; onClose: () => void }

/** Takes a photo as in a call, and shows it before it is kept. */
export function TakePhoto({ Taking, onTaken, onClose }: TakeProps) {
  const { take, framing } = words.value.opinion.pictures
  const camera = useCamera()
  return (
    <Taking
      title={take}
      text={framing}
      camera={camera}
      review={(photo, onAgain) => (
        <Review photo={photo} onKeep={() => onTaken(photo)} onAgain={onAgain} />
      )}
      onTaken={onTaken}
      onClose={onClose}
    />
  )
}
