/* SPDX-License-Identifier: Apache-2.0 */

/* Settings on the command line of native_sim. */

#include <stdio.h>

#include <cmdline.h>
#include <soc.h>

#include "settings.h"

static char *id;
static char *ns;
static char *host;
static char *token;
/* A number that was not given is this. */
static unsigned int port = UINT32_MAX;

static void add_flags(void)
{
	static struct args_struct_t flags[] = {
		{.option = "id",
		 .name = "name",
		 .type = 's',
		 .dest = &id,
		 .descript = "Name of this proplet"},
		{.option = "namespace",
		 .name = "name",
		 .type = 's',
		 .dest = &ns,
		 .descript = "Second part of every topic"},
		{.option = "broker",
		 .name = "host",
		 .type = 's',
		 .dest = &host,
		 .descript = "Name or address of the broker"},
		{.option = "broker-port",
		 .name = "port",
		 .type = 'u',
		 .dest = &port,
		 .descript = "Port of the broker"},
		{.option = "token",
		 .name = "text",
		 .type = 's',
		 .dest = &token,
		 .descript = "Password at the broker"},
		ARG_TABLE_ENDMARKER,
	};

	native_add_command_line_opts(flags);
}

NATIVE_TASK(add_flags, PRE_BOOT_1, 10);

static void apply(char *to, size_t size, const char *given)
{
	if (given) {
		(void)snprintf(to, size, "%s", given);
	}
}

void native_flags_apply(void)
{
	apply(samara_settings.id, sizeof(samara_settings.id), id);
	apply(samara_settings.ns, sizeof(samara_settings.ns), ns);
	apply(samara_settings.host, sizeof(samara_settings.host), host);
	apply(samara_settings.token, sizeof(samara_settings.token), token);
	if (port <= UINT16_MAX) {
		samara_settings.port = (uint16_t)port;
	}
}
