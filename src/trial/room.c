/* SPDX-License-Identifier: Apache-2.0 */
typedef int ql_room_is_not_empty;
