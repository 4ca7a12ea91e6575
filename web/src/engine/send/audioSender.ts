/**
 * Shapes the microphone's packets as the server asks. The bit rate is a parameter of the sender.
 * Frame length and redundancy are not: browsers take them from the remote description.
 */
import type { Encoding } from '../../protocol/messages'
import type { Descriptions } from '../connection/descriptions'

export class AudioSender {
  constructor(
    private readonly descriptions: Descriptions,
    private readonly sender: RTCRtpSender,
  ) {}

  /**
   * Takes what the server asks for; the caller lets nothing else touch the descriptions meanwhile.
   */
  async apply({ maxBitrate, ptime, red }: Encoding): Promise<void> {
    const { descriptions, sender } = this
    descriptions.voice = { ptime: ptime || descriptions.voice.ptime, redundant: !!red }
    const parameters = sender.getParameters()
    const encoding = parameters.encodings[0]
    if (encoding && maxBitrate && encoding.maxBitrate !== maxBitrate) {
      encoding.maxBitrate = maxBitrate
      await sender.setParameters(parameters)
    }
    await descriptions.apply()
  }
}
