package flood

import (
	"context"
	"time"
)

// Options of Run.
type Options struct {
	Target  *Target
	Call    []Listener // who listens meanwhile
	Server  Server
	Attacks []Attack
	// most that each attack takes, until everybody has left who took part in it
	Length time.Duration
	Rest   time.Duration // after each, which counts as part of it: what was queued comes out then
	Quiet  time.Duration // before the first, in which the frames/s of the call are counted
	Told   func(Result)  // called after each attack; may be nil
	// Joins lets somebody new come while the attack goes on, and returns how long it took until
	// they were connected; nil: nobody comes.
	Joins func(ctx context.Context) (time.Duration, error)
}

const loadEvery = 200 * time.Millisecond

func (o *Options) play(ctx context.Context, attack Attack, paces []pace) Result {
	result := Result{Attack: attack}
	before := o.listen()
	tally := &Tally{}
	attacking, stop := context.WithTimeout(ctx, o.Length)
	defer stop()
	ended := make(chan error, 1)
	started := time.Now()
	go func() { ended <- attack.Run(attacking, o.Target, tally) }()
	joined := o.join(attacking)

	ticker := time.NewTicker(loadEvery)
	defer ticker.Stop()
	var rest <-chan time.Time
	var problem error
	for rested := false; !rested; {
		select {
		case err := <-ended:
			ended = nil
			if err != nil {
				result.Failure = err.Error()
			} else if tally.count() == 0 {
				result.Failure = "the attack was not made: nothing was tried in time"
			}
			result.PerSecond = float64(tally.count()) / time.Since(started).Seconds()
			rest = time.After(o.Rest)
		case <-rest:
			rested = true
		case <-ticker.C:
			var load Load
			if load, problem = o.Server.Load(); problem == nil {
				result.Most.Memory = max(result.Most.Memory, load.Memory)
				result.Most.Descriptors = max(result.Most.Descriptors, load.Descriptors)
				result.Most.Limit = load.Limit
			}
		}
	}
	if problem != nil && result.Failure == "" {
		result.Failure = "the server does not answer: " + problem.Error()
	}
	if join := <-joined; join.err != nil && result.Failure == "" {
		result.Failure = "nobody can join meanwhile: " + join.err.Error()
	} else {
		result.Join = join.took
	}
	result.Answers = tally.Answers()
	result.judge(before, o.listen(), paces)
	return result
}

// join is what became of somebody who came during an attack.
type join struct {
	took time.Duration
	err  error
}

// joinAfter is when somebody comes: the attacking process has begun by then.
const joinAfter = 2 * time.Second

// join lets somebody come while the attack goes on.
func (o *Options) join(ctx context.Context) <-chan join {
	joined := make(chan join, 1)
	if o.Joins == nil {
		joined <- join{}
		return joined
	}
	go func() {
		var j join
		select {
		case <-time.After(joinAfter):
		case <-ctx.Done():
		}
		j.took, j.err = o.Joins(ctx)
		joined <- j
	}()
	return joined
}

// listen asks everybody in the call.
func (o *Options) listen() []moment {
	all := make([]moment, len(o.Call))
	for i, listener := range o.Call {
		measured := listener.Figures()
		all[i].at, all[i].audio, all[i].frames = time.Now(), measured.Audio, map[picture]int{}
		for _, p := range measured.Pictures {
			all[i].frames[picture{p.Participant, p.Source}] = p.Video.Frames
		}
		for other := range all {
			if other != i {
				all[other].missed += measured.Sent.Missed
			}
		}
	}
	return all
}

// undisturbed is the pace of everybody in the call before the attacks.
func (o *Options) undisturbed(ctx context.Context) []pace {
	before := o.listen()
	select {
	case <-ctx.Done():
	case <-time.After(o.Quiet):
	}
	var all []pace
	for i, after := range o.listen() {
		p := pace{}
		for seen, frames := range after.frames {
			if frames > before[i].frames[seen] {
				p[seen] = after.since(before[i], seen, len(after.frames)) /
					after.at.Sub(before[i].at).Seconds()
			}
		}
		all = append(all, p)
	}
	return all
}
