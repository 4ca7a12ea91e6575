package allocation

// picture is one Video on its way to a Choice: the rungs that it may climb and where it stands.
type picture struct {
	video *Video
	rungs []Layer // from worst to best
	at    int     // index of the rung; -1: paused
}

func (p *picture) bitrate() int {
	if p.at < 0 {
		return 0
	}
	return p.rungs[p.at].Bitrate
}

// remaining is the budget that is left.
type remaining int

// climb moves a picture to the best rung that is no higher than limit and that the remaining budget
// affords. It never descends.
func (p *remaining) climb(picture *picture, limit int) {
	for i := picture.at + 1; i <= min(limit, len(picture.rungs)-1); i++ {
		if extra := remaining(picture.rungs[i].Bitrate - picture.bitrate()); extra <= *p {
			*p -= extra
			picture.at = i
		}
	}
}

// Distribute shares the request's budget by the rule alone, without memory and without a floor.
//
// The rule is a fixed sequence of wishes, each granted if what is left affords it. So a bigger
// budget never gives a worse result: the first wish on which two budgets differ is granted by the
// bigger one. (A lesser picture may well lose, for what it took can now make a greater one better.)
//
//  0. Every interpreter: their signs are what the receiver hears.
//  1. Every document, sharp, at its lowest frame rate.
//  2. Everybody looked at, in the lowest layer.
//  3. Every document at its full frame rate.
//  4. Everybody looked at: MotionFramerate, then size, then the rest of the frame rate.
//  5. The grid, one rung for everybody before anybody gets the next.
//  6. Thumbnails, likewise.
func Distribute(request Request) Result {
	pictures := make([]picture, len(request.Videos))
	for i := range request.Videos {
		video := &request.Videos[i]
		pictures[i] = picture{video: video, rungs: rungs(video, nil), at: -1}
	}
	left := remaining(request.Budget - sum(request.Audio))
	distribute(left, pictures)
	return result(request, pictures, pictures)
}

func distribute(left remaining, pictures []picture) {
	of := func(priority Priority, wish func(*picture)) {
		for i := range pictures {
			if pictures[i].video.Priority == priority {
				wish(&pictures[i])
			}
		}
	}
	highest := 0
	for i := range pictures {
		highest = max(highest, len(pictures[i].rungs))
	}
	for limit := range highest {
		of(Interpreter, func(p *picture) { left.climb(p, limit) })
	}
	of(Document, func(p *picture) { left.climb(p, sharp(p.rungs)) })
	of(LookedAt, func(p *picture) { left.climb(p, 0) })
	of(Document, func(p *picture) { left.climb(p, highest) })
	for _, priority := range []Priority{LookedAt, Grid, Thumbnail} {
		for limit := range highest {
			of(priority, func(p *picture) { left.climb(p, limit) })
		}
	}
}

// result tells what became of the pictures. affordable is what the budget would make of them now:
// what waits for its hold although the budget affords more is not the link's fault.
func result(request Request, pictures, affordable []picture) Result {
	r := Result{Choices: make([]Choice, len(pictures)), Audio: sum(request.Audio)}
	r.Wanted = r.Audio
	for i := range pictures {
		p := &pictures[i]
		choice := Choice{ID: p.video.ID, Paused: p.at < 0}
		if !choice.Paused {
			choice.Layer = p.rungs[p.at]
			r.Video += choice.Layer.Bitrate
		}
		if top := len(p.rungs) - 1; p.at < top && (choice.Paused || affordable[i].at < top) {
			choice.Reason = Downlink
		}
		most := 0
		for _, rung := range p.rungs {
			most = max(most, rung.Bitrate)
		}
		r.Wanted += most
		r.Choices[i] = choice
	}
	return r
}

func sum(values []int) int {
	total := 0
	for _, value := range values {
		total += value
	}
	return total
}

func total(pictures []picture) int {
	bitrate := 0
	for i := range pictures {
		bitrate += pictures[i].bitrate()
	}
	return bitrate
}
