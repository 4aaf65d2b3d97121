const words = {
  "about.title": "About",
  "about.version": "version",
  "about.uptime": "running for",
  "about.started": "started",
  "about.ready": "may be believed",
  "about.not_ready": "may not be believed yet",
  "about.parts": "how the parts are",
  "about.part": "part",
  "about.state": "state",
  "about.value": "value",
  "about.software": "software",
  "about.targets": "targets",
  "about.ledger": "ledger",
  "about.links": "links",
  "about.head": "last link",
  "about.site": "site",
  "about.zone": "time zone",
  "about.privacy":
    "It looks at devices and links, never at people: no picture, sound or recording is kept, nobody is identified.",
  "part.well": "well",
  "part.slow": "slow",
  "part.wrong": "wrong",
  "part.absent": "absent",
};

export default words;
