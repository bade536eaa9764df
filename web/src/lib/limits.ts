// The words of the page on limits; kept beside the messages because they are long.
export const limits: { title: string; items: string[] }[] = [
  {
    title: 'It can',
    items: [
      'Give several regimens to the same virtual patients and show how response, residual disease, progression and harms differ between them in the model.',
      'Set every simulated figure beside what trials published, with the source, and say where nothing was published.',
      'Pool published hazard ratios in a network and show how much of that rests on few trials.',
      'Show every equation and number of the model with unit, source and grade.'
    ]
  },
  {
    title: 'It cannot',
    items: [
      'Advise on the treatment of a person. It is not a medical device.',
      'Say what will happen to one patient. It counts groups of virtual patients.',
      'Rank therapies without clinical data in CLL (gamma-delta T cells, BAK cells, CAR macrophages). What is shown for them follows from laboratory figures and assumptions.',
      'Compare fixed-duration and continuous treatment on equal terms by response rate or residual disease alone.'
    ]
  },
  {
    title: 'How sure',
    items: [
      'Ranges marked “sampling of virtual patients” shrink with more patients. They say nothing about doubt in the model or in its parameters.',
      'Many parameters are assumed or recalled rather than measured; the Model page shows which, and how many.',
      'Published figures marked “recalled” were not checked against the paper.',
      'Trials with the role “validation” were never used to fit anything; those with the role “calibration” were.'
    ]
  },
  {
    title: 'This page',
    items: [
      'Everything is computed on this machine by the program that serves the page. Nothing is sent anywhere and nothing is stored in the browser.',
      'The numbers are those of the command line; “Copy command” gives the line that repeats them.',
      'To cite: the file CITATION.cff of the source, with the version and model hash under each result.',
      'To report a fault: the command line and what you saw, to the address in CONTRIBUTING.md. Harmful faults: SECURITY.md.'
    ]
  }
];

export const glossary: [string, string][] = [
  ['PFS', 'Progression-free survival: time from the start of treatment to progression or death.'],
  ['OS', 'Overall survival: time to death from any cause.'],
  ['TTNT', 'Time to next treatment, or death.'],
  ['ORR, CR', 'Share of patients with at least a partial response, or with a complete one, by the iwCLL rules of 2018.'],
  ['uMRD', 'Undetectable measurable residual disease: fewer than 1 CLL cell in 10,000 leucocytes, in blood or marrow.'],
  ['Hazard ratio', 'How much more often an event comes per unit of time under one regimen than under another; below 1 favours the first.'],
  ['Power', 'Share of repeated trials of a design that would show the difference, if the model were right.'],
  ['Monte Carlo interval', 'How far the number of virtual patients leaves a figure open. It shrinks with more patients.'],
  ['Network meta-analysis', 'Pooling of trials that share a comparator, so that regimens which never met can be compared.'],
  ['CRS, ICANS', 'Cytokine release syndrome and neurotoxicity after T-cell therapies, graded by ASTCT.'],
  ['TLS', 'Tumour lysis: many cells dying at once disturb kidney and heart.'],
  ['IGHV', 'Mutation state of the immunoglobulin gene of the leukaemia; unmutated disease returns sooner after chemoimmunotherapy.'],
  ['del(17p), TP53', 'Loss or mutation of a gene that chemotherapy needs to work.'],
  ['BTK inhibitor', 'Pill that blocks survival signals of the cells (ibrutinib, acalabrutinib, zanubrutinib, pirtobrutinib).'],
  ['CLL-IPI', 'Prognostic index of five factors, from 0 (best) to 10.'],
  ['Richter transformation', 'Change of CLL into an aggressive lymphoma.']
];
