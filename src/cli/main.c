/* SPDX-License-Identifier: Apache-2.0 */
#include "quell.h"
#include <stdio.h>

int main(void)
{
	printf("quell %s\n", quell_version());
	return 0;
}
