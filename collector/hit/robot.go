package hit

// A Robot is a kind of program that asks for pages. It is no part of a Hit: a
// program's hit adds one to a meter of its kind, and nothing else.
type Robot uint8

// The kinds of program. OtherRobot is what is none of the others. Records of the RAM log
// hold their numbers, so a new one comes last.
const (
	OtherRobot   Robot = iota
	SearchRobot        // indexes pages for a search engine
	AIRobot            // reads for an AI service: to train it, or to answer somebody
	MonitorRobot       // looks whether and how fast a site answers
	ScannerRobot       // looks for weak points and exposed services
	PreviewRobot       // makes the preview of a link in a message
	FeedRobot          // reads feeds and podcasts
	SEORobot           // measures links and rankings for marketing
	AdsRobot           // reads for advertising
	ArchiveRobot       // keeps pages: archives, libraries, research
	ToolRobot          // a library, a command or a browser run by a program
	robots
)

var robotNames = [robots]string{
	"other", "search", "ai", "monitor", "scanner", "preview", "feed", "seo", "ads", "archive", "tool",
}

// Code returns the kind's code, such as "search".
func (r Robot) Code() string { return robotNames[r] }

// RobotCodes returns the codes of all kinds.
func RobotCodes() []string { return robotNames[:] }

// ParseRobot returns the kind of a code.
func ParseRobot(code string) (Robot, bool) {
	for r, name := range robotNames {
		if name == code {
			return Robot(r), true
		}
	}
	return OtherRobot, false
}
