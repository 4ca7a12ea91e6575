import { useState } from 'preact/hooks'
import { photo } from '../../../pages/call/photo'
import { Later } from '../../../pages/parts/Later'
import { words } from '../../words'
import { TakePhoto } from './TakePhoto'

/** What the browser turns other kinds into, such as the HEIC of an iPhone. */
const kinds = 'image/jpeg,image/png,image/webp'

/**
 * On phones and tablets whose browser takes no photos itself, as Safari does not, the device's own
 * program takes them with all pixels, and shows them first; elsewhere a dialog of this page does.
 */
const byProgram = () => !('ImageCapture' in globalThis) && matchMedia('(pointer: coarse)').matches

type PickerProps = { free: number; onFiles: (files: Blob[]) => void }

/** Takes pictures with the device's camera, or from what is there. */
export function Picker({ free, onFiles }: PickerProps) {
  const { pictures } = words.value.opinion
  const [taking, setTaking] = useState(false)
  if (free < 1) return <p class="soft">{pictures.full}</p>
  return (
    <div class="field">
      <div class="actions actions--row">
        {byProgram() ? (
          <Files label={pictures.take} free={free} capture onFiles={onFiles} />
        ) : (
          <button type="button" class="button" onClick={() => setTaking(true)}>
            {pictures.take}
          </button>
        )}
        <Files label={pictures.choose} free={free} onFiles={onFiles} />
      </div>
      <p class="field-help">{pictures.help}</p>
      {taking && (
        <Later part={photo}>
          {({ Taking }) => (
            <TakePhoto
              Taking={Taking}
              onTaken={(file) => {
                setTaking(false)
                onFiles([file])
              }}
              onClose={() => setTaking(false)}
            />
          )}
        </Later>
      )}
    </div>
  )
}

type FilesProps = PickerProps & { label: string; capture?: boolean }

function Files({ label, free, capture, onFiles }: FilesProps) {
  return (
    <label class="button picker">
      {label}
      <input
        type="file"
        accept={kinds}
        capture={capture ? 'environment' : undefined}
        multiple={!capture}
        onChange={({ currentTarget: input }) => {
          onFiles([...(input.files ?? [])].slice(0, free))
          input.value = '' // so that the same one may be chosen again
        }}
      />
    </label>
  )
}
