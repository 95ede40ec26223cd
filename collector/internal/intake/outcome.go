package intake

import "oboro/collector/hit"

// An Outcome says what became of a request or a log line. It is all that is ever
// said of one that was not counted.
type Outcome uint8

// The outcomes. Records of the RAM log hold their numbers, so a new one comes last.
const (
	Kept        Outcome = iota
	Objection           // the visitor's browser objects: GPC, or DNT where declared
	Bot                 // not a person's browser
	Prefetch            // loaded ahead, not shown
	Undeclared          // a kind of hit that no enabled statistic counts
	UnknownSite         // a host that no site declares
	NoAddress           // no usable client address
	BadPage             // a path that is no page
	BadBody             // no JSON object, or one that is not valid
	BadURL              // no absolute http or https URL
	BadEvent            // an event that is not known
	TooLarge            // a body of more than 8 KiB
	OverCap             // beyond the admission cap of the day
	Late                // of a day that is closed
	Shed                // no room; the client may try again
	BadLine             // a log line that is not of the format
	Method              // a log line of a method other than GET
	Status              // a log line of a status that shows no page
	Asset               // a log line of an image, a script, a style sheet or a download
	Rate                // beyond the rate bound of its network; the client may try again
	Backlog             // too much waits for the store; the client may try again
	NoView              // a report of engagement from a visitor-day of which nothing was seen
	OtherSite           // a log line of a host that is not of the site
	BadTime             // a log line whose time cannot be read
	Comment             // a line that tells of the log, and of no request
	Scanner             // a page that only programs looking for weak points ask for
	Spam                // a referrer that is sent to be seen in statistics
	outcomes
)

// Outcomes is the number of outcomes.
const Outcomes = int(outcomes)

// Foreign is no outcome: the request is not read yet, and is for someone else to read.
const Foreign = outcomes

// robots is where the kinds of Bot begin. They stand in meters and in records of the RAM
// log, by their [hit.Robot], and nowhere else: what is answered and counted is Bot.
const robots Outcome = 1 << 7

// DataCentre is no outcome of a request: it is a part of Kept, of hits from servers for
// rent. It stands in meters and in records, as the kinds of Bot do.
const DataCentre = robots - 1

// botOf returns Bot of a kind of program.
func botOf(kind hit.Robot) Outcome { return robots + Outcome(kind) }

// OutcomeOf returns the outcome of a number in a record, or false where there is none.
func OutcomeOf(number byte) (Outcome, bool) {
	o := Outcome(number)
	return o, o < outcomes || o == DataCentre || o >= robots && int(o-robots) < len(botWords)
}

// Whole returns the outcome that o is a part of: Bot, of a kind of it; else o itself.
func (o Outcome) Whole() Outcome {
	if o >= robots {
		return Bot
	}
	return o
}

// botWords name the kinds of Bot in meters.
var botWords = func() (list []string) {
	for _, code := range hit.RobotCodes() {
		list = append(list, words[Bot]+"-"+code)
	}
	return list
}()

// words name the outcomes in meters and answers. Answers of status 400 hold such a
// word and nothing else.
var words = [outcomes]string{
	"kept", "objection", "bot", "prefetch", "undeclared", "unknown-site", "address",
	"page", "body", "url", "event", "too-large", "over-cap", "late", "shed",
	"format", "method", "status", "asset", "rate", "backlog", "no-view", "other-site", "time", "comment",
	"scanner", "referrer-spam",
}

// Word returns the outcome's one word.
func (o Outcome) Word() string {
	if o >= robots {
		return botWords[o-robots]
	}
	if o == DataCentre {
		return "data-centre"
	}
	return words[o]
}

// Again reports whether the client may try again later.
func (o Outcome) Again() bool { return o == Rate || o == Shed || o == Backlog }

// Code returns the HTTP status that answers it.
func (o Outcome) Code() int {
	switch o.Whole() {
	case Kept:
		return 202
	case Objection, Bot, Prefetch, Undeclared, OverCap, Late, NoView, Scanner, Spam:
		return 204
	case TooLarge:
		return 413
	case Rate:
		return 429
	case Shed, Backlog:
		return 503
	}
	return 400
}
