// Amounts and times in what a caller asks for: what fits the schema can be meant, so that a refusal of it is about the case alone.

import { Type } from '@sinclair/typebox';

/** Smallest units above zero, as digits: fewer than the verifier can hold, which is 2^127 - 1. */
export const ASKED_UNITS_PATTERN = '^[1-9][0-9]{0,37}$';

const LEAP_YEAR = '20(?:[02468][048]|[13579][26])';
const DAYS = ['(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])', '(?:0[13-9]|1[0-2])-(?:29|30)', '(?:0[13578]|1[02])-31'];
const DATE = `(?:20[0-9]{2}-(?:${DAYS.join('|')})|${LEAP_YEAR}-02-29)`;
const TIME = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}';

/** A moment of this century: the day is one of its month. */
export const ASKED_TIME_PATTERN = `^${DATE}T${TIME}Z$`;

export const AskedTime = Type.String({ pattern: ASKED_TIME_PATTERN });
